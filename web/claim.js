// Claims the invitation whose secret stands in the fragment of the page's address, which no server, log or
// preview gets to see. Nothing is sent before the button is pressed.

const find = (id) => document.getElementById(id);
const claim = find("claim");

function tell(problem) {
    find("problem").textContent = problem;
    find("problem").hidden = false;
}

function show(granted) {
    find("offer").hidden = true;
    find("problem").hidden = true;
    find("name").textContent = granted.name;
    find("token").textContent = granted.token;
    find("usage").textContent =
        `export OPENAI_BASE_URL=${granted.base_url}\nexport OPENAI_API_KEY=${granted.token}`;
    find("expiry").textContent = granted.expires_at
        ? `It works until ${new Date(granted.expires_at).toLocaleString()}.`
        : "It works until it is revoked.";
    find("result").hidden = false;
    find("copy").focus();
}

async function send(secret) {
    const answer = await fetch("/claim", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ secret }),
        credentials: "omit",
        referrerPolicy: "no-referrer",
    });
    const body = await answer.json();
    if (!answer.ok) {
        const again = answer.status === 429 || answer.status >= 500;
        return { problem: body.detail ?? "It did not work.", again };
    }
    return { granted: body };
}

claim.addEventListener("click", async () => {
    claim.disabled = true;
    try {
        const { granted, problem, again } = await send(location.hash.slice(1));
        // The secret is of no more use: it goes out of the address and the history.
        if (!again) history.replaceState(null, "", location.pathname);
        if (granted) return show(granted);
        tell(problem);
        claim.disabled = !again;
    } catch {
        tell("The server cannot be reached. Nothing was claimed as far as this page knows; try again.");
        claim.disabled = false;
    }
});

find("copy").addEventListener("click", async () => {
    try {
        await navigator.clipboard.writeText(find("token").textContent);
        find("copied").textContent = "Copied.";
    } catch {
        getSelection().selectAllChildren(find("token"));
        find("copied").textContent = "Selected: copy it with the keyboard.";
    }
});

if (location.hash.length > 1) {
    claim.disabled = false;
} else {
    tell("This link is incomplete: open it as you were sent it, with all that stands behind the #.");
}
