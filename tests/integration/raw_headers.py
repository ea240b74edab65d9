"""Sends a message with headers that no client library would let through, by librdkafka's own functions."""

import ctypes
from pathlib import Path

from confluent_kafka import Producer

_TOPIC, _VALUE, _KEY, _FLAGS, _HEADERS, _END = 1, 4, 5, 7, 10, 0
_COPY = 2


def send_with_header(servers: str, topic: str, key: bytes, value: bytes, header: bytes) -> None:
    """One message with one header of this name. Returns once the broker has it."""
    Producer({"bootstrap.servers": servers, "log_level": 0})  # loads the library
    lib = ctypes.CDLL(_loaded("librdkafka"))
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_headers_new"):
        getattr(lib, name).restype = ctypes.c_void_p
    said = ctypes.create_string_buffer(512)
    conf = ctypes.c_void_p(lib.rd_kafka_conf_new())
    for setting, to in ((b"bootstrap.servers", servers.encode()), (b"log_level", b"0")):
        lib.rd_kafka_conf_set(conf, setting, to, said, ctypes.c_size_t(512))
    client = ctypes.c_void_p(lib.rd_kafka_new(0, conf, said, ctypes.c_size_t(512)))
    headers = ctypes.c_void_p(lib.rd_kafka_headers_new(ctypes.c_size_t(1)))
    lib.rd_kafka_header_add(headers, header, ctypes.c_ssize_t(len(header)), b"v", ctypes.c_ssize_t(1))
    failed = lib.rd_kafka_producev(
        client, ctypes.c_int(_TOPIC), ctypes.c_char_p(topic.encode()),
        ctypes.c_int(_VALUE), ctypes.c_char_p(value), ctypes.c_size_t(len(value)),
        ctypes.c_int(_KEY), ctypes.c_char_p(key), ctypes.c_size_t(len(key)),
        ctypes.c_int(_FLAGS), ctypes.c_int(_COPY), ctypes.c_int(_HEADERS), headers, ctypes.c_int(_END),
    )  # fmt: skip
    assert failed == 0
    assert lib.rd_kafka_flush(client, 10_000) == 0
    lib.rd_kafka_destroy(client)


def _loaded(name: str) -> str:
    """The file of a library that this process has loaded."""
    return next(line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if name in line)
