"""What PostgreSQL committed, kept where no worker deletes: the judge's copy of the outbox."""

from typing import Final

import psycopg

_KEEP: Final = """
CREATE TABLE judge_outbox (seq bigint, event_id text, topic text, key bytea, digest text);
CREATE FUNCTION judge_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.judge_outbox
    SELECT seq, event_id::text, topic, key, md5(value) FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER judge_keeps AFTER INSERT ON outbox REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION judge_keeps();
"""


def keep_a_copy(url: str) -> None:
    """From now on every row of the outbox is copied in the transaction that writes it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_KEEP)
