// forms keeps empty filters out of the URL and refuses a second click.
export function forms(doc) {
  doc.addEventListener("htmx:config:request", (event) => {
    const { sourceElement, request } = event.detail.ctx;
    if (sourceElement?.matches?.("[data-omit-empty]") && request.body instanceof FormData) {
      dropEmpty(request.body);
    }
  });
  doc.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method === "dialog") return;
    if (event.target.matches("[data-omit-empty]")) skipEmpty(event.target);
    if (event.target.method === "post") holdSubmit(event.target);
  });
  // A page restored from the browser's cache must be usable again.
  window.addEventListener("pageshow", () => {
    for (const button of doc.querySelectorAll("button[data-held]")) release(button);
  });
}

function dropEmpty(data) {
  for (const name of new Set(data.keys())) {
    if (data.getAll(name).every((value) => value === "")) data.delete(name);
  }
}

function skipEmpty(form) {
  for (const field of form.elements) {
    if (field.name && field.value === "") field.disabled = true;
  }
  setTimeout(() => {
    for (const field of form.elements) field.disabled = false;
  });
}

function holdSubmit(form) {
  // After this event, so that the button's own name and value are still sent.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button[type=submit]")) {
      button.dataset.held = "";
      button.disabled = true;
      setTimeout(() => release(button), 8000);
    }
  });
}

function release(button) {
  delete button.dataset.held;
  button.disabled = false;
}
