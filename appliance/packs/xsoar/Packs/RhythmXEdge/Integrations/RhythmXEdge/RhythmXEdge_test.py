"""Unit tests of what needs no appliance. `pytest RhythmXEdge_test.py` where demistomock and CommonServerPython are on the path."""
import json
import os

import RhythmXEdge as it

PARAMS = {"url": "https://edge.example:8443/", "mirror_direction": "Incoming And Outgoing", "mirror_tags": "ForRhythmX"}


def detail():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "test_data", "incident.json"), encoding="utf-8") as file:
        return json.load(file)


class OneAnswer:
    """A client that answers every GET with the same."""

    def __init__(self, answer):
        self.answer = answer

    def get(self, path, **params):
        return self.answer


def test_incident():
    incident = it.to_incident(detail(), PARAMS)
    raw = json.loads(incident["rawJSON"])
    assert incident["name"] == f"RhythmX: {detail()['headline']}"
    assert incident["severity"] == 4
    assert incident["occurred"] == detail()["created_at"]
    assert (raw["mirror_id"], raw["mirror_direction"], raw["mirror_tags"]) == ("INC-7601d999", "Both", ["ForRhythmX"])
    assert raw["link"] == "https://edge.example:8443/incidents/INC-7601d999"
    assert not set(it.LEFT_OUT) & set(raw)


def test_history_has_numbers():
    long = {**detail(), "history_total": 700}
    numbers = [number for number, _ in it.history_of(long)]
    assert numbers[-1] == 699 and numbers[0] == 700 - len(long["history"])


def test_places_of_two_commands_at_once():
    assert it.merged_place(None, {"seen": 3}) == {"seen": 3, "own": []}
    assert it.merged_place(None, {"own": [4], "begins": 4}) == {"seen": 4, "own": [4]}
    assert it.merged_place({"seen": 2, "own": [3, 5]}, {"seen": 5}) == {"seen": 5, "own": [5]}
    assert it.merged_place({"seen": 2, "own": [3]}, {"own": [4], "begins": 9}) == {"seen": 2, "own": [3, 4]}


def test_first_fetch_goes_by_the_appliances_clock():
    client = OneAnswer({"server_time": "2026-03-13T04:30:00.000Z"})
    assert it.first_fetch(client, {"first_fetch": "2 hours"}) == "2026-03-13T02:30:00+00:00"
    assert it.first_fetch(client, {"first_fetch": "1 week ago"}) == "2026-03-06T04:30:00+00:00"
    assert it.first_fetch(client, {}) == "2026-03-10T04:30:00+00:00"
    assert it.first_fetch(client, {"first_fetch": "2026-03-01T00:00:00Z"}) == "2026-03-01T00:00:00Z"


def answering(user, accepted):
    """A client whose requests are taken with one token alone, and where its tokens came from."""
    client, asked = it.Client("https://edge.example", True, False, user, "secret"), []

    def token(source, value):
        asked.append(source)
        return value

    def request(method, path, params, body, headers):
        if headers["Authorization"] != f"Bearer {accepted}":
            raise it.ApiError("expired", 401)
        return {"taken": True}

    client._kept_token, client._login = lambda: token("kept", "old"), lambda: token("login", "new")
    client._request = request
    return client, asked


def test_an_expired_token_is_renewed_once_and_a_key_never():
    client, asked = answering("ana", "new")
    assert client.get("/x") == {"taken": True} and asked == ["kept", "login"]
    for user, tokens in (("ana", ["kept", "login"]), ("", ["kept"])):
        client, asked = answering(user, "none")
        try:
            client.get("/x")
        except it.ApiError as error:
            assert error.status == 401 and asked == tokens
        else:
            raise AssertionError("taken")


def test_limits_and_levels():
    assert [it.limit_of({"max_fetch": text}) for text in ("", "1", "0", "-3", "5000")] == [50, 1, 50, 1, 200]
    assert it.levels_from("high") == ["high", "critical"]
    assert it.levels_from("low") == it.levels_from(None) == it.levels_from("any") == []


def test_closing_goes_out_with_reason_and_notes():
    done, active = it.IncidentStatus.DONE, it.IncidentStatus.ACTIVE
    out = it.outgoing_status
    assert out(done, {"closeReason": "False Positive", "closeNotes": "x"}, {}, {}) == ("FALSE_POSITIVE", "Closed in Cortex XSOAR as False Positive: x")
    assert out(done, {}, {"closeReason": "Duplicate"}, {}) == ("CLOSED", "Closed in Cortex XSOAR as Duplicate")
    assert out(done, {"closeReason": "Other"}, {}, {"close_out": False}) == (None, None)
    assert out(active, {"status": "in_progress"}, {}, {}) == ("IN_PROGRESS", None)
    assert out(active, {"owner": "x"}, {}, {}) == (None, None)


def test_entries_that_become_notes():
    assert it.outgoing_note({"id": "1@2", "type": 1, "contents": " text ", "user": "ana"}) == "ana, Cortex XSOAR, entry 1@2:\ntext"
    assert it.outgoing_note({"id": "1@2", "type": 3, "contents": "a file"}) is None
    assert it.outgoing_note({"id": "1@2", "type": 1, "contents": " "}) is None


def test_refusals_say_what_to_do():
    assert "incident:write" in str(it.refusal(403, {"detail": "d"}, {}))
    assert it.refusal(429, {}, {"Retry-After": "7"}).retry_after == 7
    assert it.refusal(503, {}, {}).passes and not it.refusal(404, {}, {}).passes
    assert it.refusal(400, {"errors": [{"name": "cursor", "reason": "r"}]}, {}).names == ("cursor",)
    assert "CA certificate" in it.no_answer(Exception("SSL: CERTIFICATE_VERIFY_FAILED"), "https://edge.example")
