const life = 4000;

// toasts announces what the server flashed, and requests that failed without
// an answer that belongs on the page.
export function toasts(doc) {
  const box = doc.getElementById("toasts");
  for (const line of box.children) fade(line);
  doc.addEventListener("htmx:response:error", (event) => {
    if ((event.detail.ctx?.response?.status ?? 0) >= 500) toast(doc, box.dataset.failed, true);
  });
  doc.addEventListener("htmx:error", () => toast(doc, box.dataset.offline, true));
}

// toast shows one line for a few seconds; role=status reads it out.
export function toast(doc, text, bad = false) {
  const line = doc.createElement("div");
  line.className = bad ? "toast-line toast-bad" : "toast-line";
  line.textContent = text;
  doc.getElementById("toasts").replaceChildren(line);
  fade(line);
}

function fade(line) {
  setTimeout(() => line.remove(), life);
}
