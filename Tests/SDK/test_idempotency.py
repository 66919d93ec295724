"""A create that is sent again under its `Idempotency-Key` makes nothing again, whatever became of the first answer."""

import http.client
import itertools
import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from latchkey import until

FULL = os.environ.get("VERIFY") == "1"
CYCLES = 40 if FULL else 5
WRITERS = 8


def issue(server, key, connection=None):
    body = {"project": "acme", "name": key, "expires_in": None}
    return server.ask("POST", "/manage/tokens", body, connection=connection, headers={"Idempotency-Key": key})


def names(server):
    """How many access tokens there are of each name."""
    counter, cursor = Counter(), ""
    while cursor is not None:
        page = server.ask("GET", f"/manage/tokens?limit=500{cursor and '&cursor=' + cursor}").json()
        counter.update(item["name"] for item in page["items"])
        cursor = page["next_cursor"]
    return counter


@pytest.fixture
def acme(own):
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    return server


def test_a_hundred_at_once_with_one_key_make_one_token(acme):
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: issue(acme, "same"), range(100)))
    assert {answer.status for answer in answers} == {201}
    made = [answer for answer in answers if answer.headers["Idempotency-Replayed"] is None]
    assert len(made) == 1
    acme.secrets.append(made[0].json()["token"])
    assert {answer.json()["id"] for answer in answers} == {made[0].json()["id"]}
    assert sum("token" in answer.json() for answer in answers) == 1
    assert names(acme) == {"same": 1}


@pytest.mark.timeout(30 * CYCLES)
def test_a_create_is_done_once_across_a_kill_between_its_commit_and_its_answer(acme):
    """Writers send until the server dies, and do not know what became of their last request; then they send it again."""
    counter, told, doubtful, lock = itertools.count(), {}, set(), threading.Lock()
    unheard = 0

    def write():
        connection = acme.connect()
        key = None
        try:
            while True:
                key = f"key-{next(counter)}"
                answer = issue(acme, key, connection)
                assert answer.status == 201, answer.body
                with lock:
                    told[key] = answer.json()["id"]
                    acme.secrets.append(answer.json()["token"])
        except (OSError, http.client.HTTPException):
            with lock:
                doubtful.add(key)
        finally:
            connection.close()

    for _ in range(CYCLES):
        wanted = len(told) + random.randint(5, 60)
        doubtful.clear()
        writers = [threading.Thread(target=write) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        until(lambda: len(told) >= wanted, "the writers issue access tokens")
        acme.kill()
        for writer in writers:
            writer.join()
        acme.serve()

        before = names(acme)
        for key in doubtful:
            answer = issue(acme, key)
            assert answer.status == 201, answer.body
            was_made = answer.headers["Idempotency-Replayed"] == "true"
            assert was_made == (before[key] == 1)
            assert was_made != ("token" in answer.json())
            unheard += was_made
            if not was_made:
                acme.secrets.append(answer.json()["token"])
            told[key] = answer.json()["id"]
        for key in random.sample(sorted(told), min(20, len(told))):
            again = issue(acme, key)
            assert again.status == 201 and again.headers["Idempotency-Replayed"] == "true"
            assert again.json()["id"] == told[key] and "token" not in again.json()
        assert names(acme) == dict.fromkeys(told, 1)
    if FULL:
        assert unheard, "no kill came between a commit and its answer"
    assert acme.stop() == 0
