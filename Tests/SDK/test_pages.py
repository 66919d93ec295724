"""The pages that browsers open, in a real one: what a recipient of an invitation sees, and does with the keyboard alone."""

import os
import re

import pytest
from browser import Browser

TOKEN = re.compile(r"lk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}")


@pytest.fixture(scope="module")
def chromium(folders):
    browser = Browser(folders("browser"))
    yield browser
    browser.close()


@pytest.fixture
def page(chromium):
    """A blank page; fails if a script or the policy of a page complained."""
    chromium.emulate()
    chromium.open("about:blank")
    chromium.complaints.clear()
    chromium.requests.clear()
    yield chromium
    assert chromium.complaints == []


@pytest.fixture
def inviting(own):
    """A server of one's own, for an address has so many attempts a minute."""
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    return server


def invite(server, *options):
    made = server.manage(
        "invitation", "create", "--project", "acme", "--name", "bob", "--expires-in", "90d", *options)
    server.secrets.append(made["url"].split("#")[1])
    return made


def picture(page, name):
    """Keeps a picture for whoever wants to look, in the folder that PICTURES names."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(f"{folder}/{name}.png")


def test_an_invitation_shows_its_terms_and_is_claimed_with_the_keyboard(page, inviting):
    key = inviting.manage("key", "create", "--name", "Alice of platform", "--role", "issue", "--project", "acme")
    inviting.secrets.append(key["key"])
    made = inviting.ask("POST", "/manage/invitations", {
        "project": "acme", "name": "bob", "token_expires_in": 7776000, "models": ["gpt-5*", "o*"],
        "limits": ["requests=1000/day", "cost=5.00/month:gpt-5*", "concurrency=4"], "endpoints": ["chat_completions"],
    }, key=key["key"]).json()
    secret = made["url"].split("#")[1]
    inviting.secrets.append(secret)

    page.open(made["url"])
    offer = page.until_shown("offer")
    picture(page, "offer")

    for text in (
        "Alice of platform invites you", "acme", "bob", "1,000 requests per day", "5.00 US dollars per month, for gpt-5*",
        "4 requests at the same time", "gpt-5*\no*", "chat completions", "for 90 days after you claim it",
    ):
        assert text in offer
    assert inviting.manage("invitation", "show", made["id"])["status"] == "open", "looking claims nothing"
    page.press("Tab")
    assert page.focused() == "claim"
    page.press("Enter")
    result = page.until_shown("result")
    picture(page, "result")
    token = TOKEN.search(result)[0]
    inviting.secrets.append(token)

    for name, value in {"BASE_URL": inviting.url, "API_BASE": inviting.url, "API_KEY": token}.items():
        assert f"export OPENAI_{name}={value}" in result
    assert f'curl -H "Authorization: Bearer $OPENAI_API_KEY" {inviting.origin}/me' in result
    assert page.focused() == "copy"
    assert inviting.ask("GET", "/me", key=token).json()["name"] == "bob"
    assert page.run("location.hash") == "#claimed"
    assert all(secret not in request["url"] for request in page.requests)
    page.press("Enter")
    assert page.until("document.getElementById('copied').textContent")
    page.press("Tab", "Enter")
    assert "has been claimed" in page.until_shown("claimed")
    assert token not in page.run("document.documentElement.outerHTML")


def test_a_reload_after_the_claim_says_what_happened(page, inviting):
    page.open(invite(inviting)["url"])
    page.until_shown("offer")
    page.run("document.getElementById('claim').click()")
    inviting.secrets.append(TOKEN.search(page.until_shown("result"))[0])
    page.reload()

    assert "ask the sender of the link for a new invitation" in page.until_shown("claimed")
    assert not page.is_shown("problem")


def test_a_whole_link_pasted_over_an_incomplete_one_works(page, inviting):
    link = invite(inviting)["url"]
    page.open(link.split("#")[0])
    assert "incomplete" in page.until_shown("problem")
    page.open(link[:-8])
    assert "no such invitation" in page.until("(t => t.includes('no such') && t)(document.getElementById('problem').innerText)")
    picture(page, "problem")
    assert not page.is_shown("retry")
    page.open(link)

    assert "You are invited" in page.until_shown("offer") or "invites you" in page.until_shown("offer")
    assert not page.is_shown("problem")


@pytest.mark.parametrize("end, text", [
    (lambda server, made: server.manage("invitation", "revoke", made["id"]), "was revoked"),
    (lambda server, made: server.ask("POST", "/claim", {"secret": made["url"].split("#")[1]}), "was claimed at"),
])
def test_what_is_not_open_any_more_says_so_at_once_and_on_reload(page, inviting, end, text):
    made = invite(inviting)
    end(inviting, made)
    page.open(made["url"])
    assert text in page.until_shown("problem")
    page.reload()

    assert text in page.until_shown("problem")
    assert not page.is_shown("offer")


def test_a_server_that_cannot_be_reached_may_be_tried_again(page, inviting):
    page.open(invite(inviting)["url"])
    page.until_shown("offer")
    page.send("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    page.run("document.getElementById('claim').click()")
    assert "cannot be reached" in page.until_shown("problem")
    assert page.focused() == "retry"
    page.send("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    page.press("Enter")

    assert page.until_shown("offer")


def test_too_many_attempts_may_be_tried_again(page, inviting):
    link = invite(inviting)["url"]
    for _ in range(20):
        inviting.ask("POST", "/claim/preview", {"secret": "lki_x"})
    page.open(link)

    assert "Too many attempts" in page.until_shown("problem")
    assert page.is_shown("retry")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 800])
def test_the_page_can_be_read_light_and_dark_narrow_and_wide(page, inviting, dark, width):
    page.emulate(width, dark)
    page.open(invite(inviting, "--limit", "requests=1000/day")["url"])
    page.until_shown("offer")
    picture(page, f"offer-{'dark' if dark else 'light'}-{width}")

    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run(CONTRAST) >= 4.5


CONTRAST = """(() => {
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((value) => value / 255)
            .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return /, 0\\)$/.test(colour) ? ground(element.parentElement) : colour;
    };
    const ratios = [...document.querySelectorAll("main *")].filter((element) => element.checkVisibility()).map((element) => {
        const [one, other] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
        return (one + 0.05) / (other + 0.05);
    });
    return Math.min(...ratios);
})()"""


def test_the_page_of_the_management_api_shows_all_operations(page, inviting):
    page.open(f"{inviting.origin}/manage/docs")

    assert page.until("document.querySelectorAll('details').length") > 50
    assert "could not be loaded" not in page.run("document.body.innerText")


def test_the_page_of_the_management_api_says_when_its_description_is_missing(chromium, inviting):
    chromium.emulate()
    chromium.send("Network.setBlockedURLs", urls=["*openapi.json"])
    try:
        chromium.open(f"{inviting.origin}/manage/docs")
        assert "could not be loaded" in chromium.until(
            "(t => t.includes('could not be loaded') && t)(document.getElementById('about').innerText)")
    finally:
        chromium.send("Network.setBlockedURLs", urls=[])
