"""What PostgreSQL committed, kept where no worker deletes: the judge's copy of the outbox."""

from typing import Final

import psycopg

from schemas.topics import OUTBOX_POSITION

_KEEP: Final = """
CREATE TABLE judge_outbox (seq bigint, event_id text, topic text, key bytea, digest text);
CREATE FUNCTION judge_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.judge_outbox
    SELECT seq, event_id::text, topic, key, md5(value) FROM fresh WHERE topic <> '__POSITION__';
    RETURN NULL;
END $$;
CREATE TRIGGER judge_keeps AFTER INSERT ON outbox REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION judge_keeps();
""".replace("__POSITION__", OUTBOX_POSITION)
# A row of that topic is no event: a rebuild leaves it to say which event was published last.


def keep_a_copy(url: str) -> None:
    """From now on every row of the outbox is copied in the transaction that writes it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_KEEP)
