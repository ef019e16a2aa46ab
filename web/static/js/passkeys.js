// passkeys lets the forms marked data-passkey="get" or "create" be answered by
// the browser: it fetches what to ask for, asks the person, puts the answer into
// the form's field and sends the form. Without it, or in a browser that knows no
// passkeys, the password remains.
export function passkeys(doc) {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  doc.documentElement.classList.add("has-passkeys");
  // Before other listeners, so that a held-up form does not count as sent.
  doc.addEventListener("submit", onSubmit, true);
}

function onSubmit(event) {
  const form = event.target;
  if (!form.matches?.("form[data-passkey]")) return;
  const answer = form.querySelector("[data-passkey-answer]");
  if (answer.value) return;
  event.preventDefault();
  event.stopPropagation();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  say(form, "");
  ask(form, answer)
    .catch((error) => say(form, problem(form, error)))
    .finally(() => delete form.dataset.busy);
}

async function ask(form, answer) {
  const options = await fetchOptions(form);
  if (!options) return;
  const create = form.dataset.passkey === "create";
  const credential = create
    ? await navigator.credentials.create({ publicKey: decode(options) })
    : await navigator.credentials.get({ publicKey: decode(options) });
  answer.value = JSON.stringify(encode(credential));
  form.requestSubmit();
  // Going back to the page must not send an answer that is used up.
  setTimeout(() => (answer.value = ""));
}

// fetchOptions returns nothing where the page must be asked for again, as when
// the session has ended or somebody has to confirm first.
async function fetchOptions(form) {
  const response = await fetch(form.dataset.passkeyOptions, {
    method: "POST",
    headers: { "X-CSRF-Token": form.elements._csrf.value, Accept: "application/json" },
  });
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
    location.reload();
    return null;
  }
  const body = await response.json();
  if (response.ok) return body.publicKey;
  throw new Refusal(body.problem);
}

class Refusal extends Error {}

// problem is a sentence that the server has put on the form, in its language.
function problem(form, error) {
  if (error instanceof Refusal) return error.message;
  const kinds = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known", SecurityError: "elsewhere" };
  return form.dataset[kinds[error.name] ?? "failed"] || form.dataset.failed;
}

function say(form, sentence) {
  const place = form.querySelector("[data-passkey-problem]");
  place.textContent = sentence;
  place.hidden = !sentence;
}

function decode(options) {
  const list = (credentials) => (credentials ?? []).map((c) => ({ ...c, id: bytes(c.id) }));
  const out = { ...options, challenge: bytes(options.challenge) };
  if (options.user) out.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) out.excludeCredentials = list(options.excludeCredentials);
  if (options.allowCredentials) out.allowCredentials = list(options.allowCredentials);
  return out;
}

function encode(credential) {
  const given = credential.response;
  const response = { clientDataJSON: text(given.clientDataJSON) };
  if (given.attestationObject) {
    response.attestationObject = text(given.attestationObject);
    response.transports = given.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(given.authenticatorData);
    response.signature = text(given.signature);
    if (given.userHandle?.byteLength) response.userHandle = text(given.userHandle);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} };
}

function bytes(base64url) {
  const plain = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
