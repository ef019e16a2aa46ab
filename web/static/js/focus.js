// focus goes to the first wrong field after a refused form, on a fresh page and
// after a swap, since htmx leaves it on the body.
export function focus(doc) {
  toInvalid(doc);
  doc.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.response?.status === 422) toInvalid(doc);
  });
}

function toInvalid(doc) {
  const field = doc.querySelector('[aria-invalid="true"]');
  if (field) {
    field.focus();
    return;
  }
  doc.querySelector(".form-error")?.scrollIntoView({ block: "nearest" });
}
