// dialogs opens and closes <dialog> elements: data-opens="id", data-closes. A
// click on the backdrop closes; the browser returns the focus.
export function dialogs(doc) {
  doc.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) doc.getElementById(opener.dataset.opens)?.showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement && outside(event.target, event)) event.target.close();
  });
}

function outside(dialog, { clientX: x, clientY: y }) {
  const box = dialog.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}
