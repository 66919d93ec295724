"""What the upstream says goes wrong arrives untouched; what goes wrong on the way is told in OpenAI's words."""

import datetime
import email.utils
import json

import openai
import pytest
from conftest import UPSTREAM_KEY, issue
from latchkey import free_port
from test_operations import CHAT, MESSAGES
from upstream import HANG_UP, PATIENCE, UNTIL_CLOSED, answer


def chat(client):
    return client.chat.completions.create(model="gpt-test", messages=MESSAGES)


def failure(status):
    return {"error": {"message": f"the upstream's own {status} ü", "type": "some_type", "param": "p", "code": "c"}}


@pytest.mark.parametrize("status, exception", [
    (400, openai.BadRequestError), (403, openai.PermissionDeniedError), (404, openai.NotFoundError),
    (409, openai.ConflictError), (422, openai.UnprocessableEntityError), (429, openai.RateLimitError),
    (500, openai.InternalServerError), (503, openai.InternalServerError)])
def test_upstream_error_is_relayed(status, exception, sdk, upstream):
    upstream.script(answer(status, failure(status), headers=[("x-request-id", "req_7"), ("retry-after-ms", "5")]))

    with pytest.raises(exception) as raised:
        sdk.call(chat)

    assert raised.value.status_code == status
    assert raised.value.response.json() == failure(status)
    assert (raised.value.code, raised.value.param, raised.value.type) == ("c", "p", "some_type")
    assert raised.value.request_id == "req_7"
    assert raised.value.response.headers["retry-after-ms"] == "5"
    assert "x-latchkey-error" not in raised.value.response.headers
    upstream.only_request()


def test_error_that_is_not_json_is_relayed(sdk, upstream):
    upstream.script(answer(500, b"<h1>Oops</h1>", content_type="text/html"))

    with pytest.raises(openai.InternalServerError) as raised:
        sdk.call(chat)

    assert raised.value.response.text == "<h1>Oops</h1>"
    assert raised.value.response.headers["content-type"] == "text/html"


def test_sdk_retries_by_the_upstreams_hint(connect, project, upstream):
    upstream.script(answer(429, failure(429), headers=[("retry-after-ms", "1")]))
    upstream.script(answer(200, CHAT))

    assert connect(project["token"], max_retries=2).call(chat).id == CHAT["id"]

    assert len(upstream.requests) == 2
    assert upstream.requests[0].body == upstream.requests[1].body


def test_refused_upstream_key_is_not_blamed_on_the_client(sdk, upstream):
    echo = f"Incorrect API key provided: {UPSTREAM_KEY[:10]}****{UPSTREAM_KEY[-4:]}."
    upstream.script(answer(401, {
        "error": {"message": echo, "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}}))

    with pytest.raises(openai.InternalServerError) as raised:
        sdk.call(chat)

    assert raised.value.status_code == 502
    assert raised.value.code == "upstream_credential_rejected"
    assert "x-latchkey-error" in raised.value.response.headers
    assert UPSTREAM_KEY[:10] not in raised.value.response.text
    assert UPSTREAM_KEY[-4:] not in raised.value.response.text
    upstream.only_request()


def test_unreachable_upstream_is_a_bad_gateway(server, connect, upstream, request):
    name = f"unreachable-{request.node.callspec.id}"
    server.create_project(name, f"http://127.0.0.1:{free_port()}/v1", UPSTREAM_KEY)

    with pytest.raises(openai.InternalServerError) as raised:
        connect(issue(server, name)["token"]).call(chat)

    assert raised.value.status_code == 502
    assert raised.value.code == "upstream_unavailable"
    assert set(raised.value.response.json()["error"]) == {"message", "type", "param", "code"}
    assert "x-latchkey-error" in raised.value.response.headers
    assert upstream.requests == []


def test_post_is_not_sent_again_when_the_upstream_hangs_up(sdk, upstream):
    upstream.script(answer(200, CHAT))
    sdk.call(chat)
    upstream.script(HANG_UP)

    with pytest.raises(openai.InternalServerError) as raised:
        sdk.call(chat)

    assert raised.value.status_code == 502
    assert len(upstream.requests) == 2


def test_client_timeout_ends_the_upstreams_request(connect, project, upstream):
    upstream.script(UNTIL_CLOSED)

    with pytest.raises(openai.APITimeoutError):
        connect(project["token"], timeout=0.5).call(chat)

    assert upstream.closed_by_peer.wait(PATIENCE)
    upstream.only_request()


def test_account_administration_is_not_reachable(sdk, upstream):
    with pytest.raises(openai.PermissionDeniedError) as raised:
        sdk.call(lambda c: c.get("/organization/users", cast_to=object))

    assert raised.value.code == "insufficient_permissions"
    assert upstream.requests == []


def test_error_of_our_own_has_a_request_id_and_a_date(sdk, upstream):
    with pytest.raises(openai.PermissionDeniedError) as raised:
        sdk.call(lambda c: c.get("/organization/users", cast_to=object))

    headers = raised.value.response.headers
    assert raised.value.request_id == headers["x-latchkey-request-id"]
    sent = email.utils.parsedate_to_datetime(headers["date"])
    assert abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()) < 10


def test_form_that_cannot_be_read_is_not_called_json(server, project, upstream):
    credential = issue(server, project["name"], "--model", "whisper-1")["token"]
    head = b'--b\r\nContent-Disposition: form-data; name="model"'
    for content_type, body, fault in [
        ("multipart/form-data", head + b"\r\n\r\nwhisper-1\r\n--b--\r\n", "boundary"),
        ("multipart/form-data; boundary=b", head + b"\r\n\r\nwhisper-1\r\n", "boundary line"),
        ("multipart/form-data; boundary=b", head + b'; filename="x"\r\n\r\nwhisper-1\r\n--b--\r\n', "field 'model'"),
        ("multipart/form-data; boundary=b", head + b"\r\nodd\r\n\r\nwhisper-1\r\n--b--\r\n", "header of a part"),
    ]:
        connection = server.connect()
        connection.request("POST", "/v1/audio/transcriptions", body, {
            "authorization": f"Bearer {credential}", "content-type": content_type})
        response = connection.getresponse()
        error = json.loads(response.read())["error"]
        assert (response.status, response.headers["x-latchkey-error"]) == (400, "malformed_form")
        assert "multipart/form-data" in error["message"] and fault in error["message"]
        assert "JSON" not in error["message"]
        connection.close()
    connection = server.connect()
    connection.request("POST", "/v1/audio/transcriptions", b"\x1f\x8b", {
        "authorization": f"Bearer {credential}", "content-type": "multipart/form-data; boundary=b",
        "content-encoding": "gzip"})
    response = connection.getresponse()
    assert response.status == 415
    assert json.loads(response.read())["error"]["code"] == "content_coding_not_supported"
    connection.close()
    assert upstream.requests == []


def test_path_outside_v1_is_not_the_proxys(server, connect, project, upstream):
    client = connect(project["token"])

    with pytest.raises(openai.NotFoundError) as raised:
        client.call(lambda c: c.get(f"{server.origin}/v2/models", cast_to=object))

    assert raised.value.code == "unknown_url"
    assert f"Set base_url to {server.url}" in raised.value.body["message"]
    assert upstream.requests == []
