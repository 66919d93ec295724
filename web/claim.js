// Shows what an invitation is for, and claims it. The secret stands in the fragment of the page's address, which no
// server, log or link preview sees; it is sent in the bodies of two requests. Texts are only ever set as text.

const find = (id) => document.getElementById(id);
const SECTIONS = ["busy", "problem", "offer", "result", "claimed"];
const CLAIMED = "claimed"; // In place of the secret once it is used up, so that a reload says what happened.

let secret = "";
let again; // What "Try again" does.

/** Shows these sections and no others. */
function show(...names) {
    for (const name of SECTIONS) find(name).hidden = !names.includes(name);
}

function entitle(text) {
    document.title = text;
    find("title").textContent = text;
}

/** `retry` is what a button offers to do once more; none is offered without it. */
function tell(text, retry) {
    find("problem-text").textContent = text;
    again = retry;
    find("retry").hidden = !retry;
    show("problem");
    if (retry) find("retry").focus();
}

/** The response's document; throws an object with a text, and whether it may go better another time. */
async function post(path, body) {
    let response;
    try {
        response = await fetch(path, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(body),
            credentials: "omit",
            referrerPolicy: "no-referrer",
        });
    } catch {
        throw { text: "The server cannot be reached.", isRetryable: true };
    }
    let document;
    try {
        document = await response.json();
    } catch {
        throw { text: `The server's response could not be read (HTTP ${response.status}).`, isRetryable: true };
    }
    if (response.ok) return document;
    throw {
        text: document.detail ?? `The server refused the request (HTTP ${response.status}).`,
        isRetryable: response.status === 429 || response.status >= 500,
    };
}

// What the address says

async function open() {
    const wanted = location.hash.slice(1);
    secret = wanted;
    entitle("Your invitation");
    if (wanted === CLAIMED) return show("claimed");
    if (!wanted) {
        return tell("This link is incomplete. Open it exactly as it was sent to you, including everything after the #.");
    }
    show("busy");
    try {
        const offer = await post("/claim/preview", { secret: wanted });
        if (secret === wanted) present(offer);
    } catch (problem) {
        if (secret === wanted) tell(problem.text, problem.isRetryable ? open : undefined);
    }
}

function present(offer) {
    const who = offer.invited_by ? `${offer.invited_by} invites you` : "You are invited";
    find("lead").textContent = `${who} to use the project ${offer.project} with an access token of your own.`;
    const terms = [
        ["Access token", offer.name],
        ["Limits", offer.limits.length ? offer.limits.map(limit) : "none of its own"],
        ["Models", offer.models ?? "all"],
        ["Endpoints", offer.endpoints?.map((name) => name.replaceAll("_", " ")) ?? "all"],
        ["Networks", offer.networks],
        ["Longest output", offer.output_cap && `${offer.output_cap.split(":")[0]} tokens for each request`],
        ["Works from", offer.not_before && moment(offer.not_before)],
        ["Works", lifetime(offer)],
        ["Claim it before", moment(offer.expires_at)],
    ];
    find("terms").replaceChildren(...terms.filter(([, value]) => value).flatMap(([name, value]) => term(name, value)));
    show("offer");
    find("claim").disabled = false;
}

function term(name, value) {
    const title = document.createElement("dt");
    title.textContent = name;
    const text = document.createElement("dd");
    if (Array.isArray(value) && value.length !== 1) {
        const list = document.createElement("ul");
        for (const item of value) list.append(Object.assign(document.createElement("li"), { textContent: item }));
        text.append(value.length ? list : "none");
    } else {
        text.textContent = value;
    }
    return [title, text];
}

// Words

const moment = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });

/** `METRIC=AMOUNT/WINDOW[:MODEL-PATTERN]`, as it is read aloud. */
function limit(text) {
    const parts = /^(\w+)=([\d.]+)(?:\/(\w+))?(?::(.+))?$/.exec(text);
    if (!parts) return text;
    const [, metric, amount, period, models] = parts;
    const number = metric === "cost" ? amount : Number(amount).toLocaleString();
    const what = {
        cost: `${number} US dollars`,
        concurrency: `${number} requests at the same time`,
    }[metric] ?? `${number} ${metric}`;
    const per = period === "lifetime" ? " altogether" : period ? ` per ${period}` : "";
    return `${what}${per}${models ? `, for ${models}` : ""}`;
}

function lifetime(offer) {
    const end = offer.token_expires_at
        ? `until ${moment(offer.token_expires_at)}`
        : offer.token_expires_in ? `for ${duration(offer.token_expires_in)} after you claim it` : "until it is revoked";
    return offer.idle_expires_in ? `${end}, or until it is not used for ${duration(offer.idle_expires_in)}` : end;
}

function duration(seconds) {
    const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
    const [name, size] = units.find(([, size]) => seconds % size === 0 && seconds >= size) ?? units[3];
    const count = seconds / size;
    return `${count} ${name}${count === 1 ? "" : "s"}`;
}

// The access token

async function claim() {
    find("claim").disabled = true;
    try {
        const granted = await post("/claim", { secret });
        secret = CLAIMED;
        // The secret is used up: it goes out of the address and the history.
        history.replaceState(null, "", `${location.pathname}#${CLAIMED}`);
        grant(granted);
    } catch (problem) {
        tell(problem.text, problem.isRetryable ? open : undefined);
    }
}

function grant(granted) {
    find("name").textContent = granted.name;
    find("project").textContent = granted.project;
    find("token").textContent = granted.token;
    // A client that does not find its base URL sends the access token to OpenAI; some read the older name.
    find("usage").textContent = ["OPENAI_BASE_URL", "OPENAI_API_BASE"]
        .map((name) => `export ${name}=${granted.base_url}\n`).join("") + `export OPENAI_API_KEY=${granted.token}`;
    find("me").textContent =
        `curl -H "Authorization: Bearer $OPENAI_API_KEY" ${granted.base_url.replace(/\/v1$/, "")}/me`;
    find("expiry").textContent = granted.expires_at
        ? `The access token works until ${moment(granted.expires_at)}.`
        : "The access token works until it is revoked.";
    find("copied").textContent = "";
    entitle("Your access token");
    show("result");
    find("copy").focus();
}

async function copy() {
    try {
        await navigator.clipboard.writeText(find("token").textContent);
        find("copied").textContent = "Copied.";
    } catch {
        getSelection().selectAllChildren(find("token"));
        find("copied").textContent = "Selected: copy it with the keyboard.";
    }
}

/** Nothing of the access token stays on the page. */
function forget() {
    for (const id of ["token", "usage"]) find(id).textContent = "";
    getSelection().removeAllRanges();
    entitle("Your invitation");
    show("claimed");
    find("title").focus();
}

find("claim").addEventListener("click", claim);
find("retry").addEventListener("click", () => again?.());
find("copy").addEventListener("click", copy);
find("stored").addEventListener("click", forget);
// A whole link that is pasted over an incomplete one loads nothing anew.
addEventListener("hashchange", open);
open();
