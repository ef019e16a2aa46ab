// csrf sends the page's token with every htmx request that changes something.
// Forms carry it in a hidden field as well, for browsers without script.
export function csrf(doc) {
  doc.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    const token = doc.querySelector('meta[name="csrf-token"]')?.content;
    if (token && !/^(GET|HEAD)$/i.test(request.method)) {
      request.headers["X-CSRF-Token"] = token;
    }
  });
}
