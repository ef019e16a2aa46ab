// keys: "/" searches, "?" helps, "g" and a letter goes to a page.
export function keys(doc) {
  let going = 0;
  doc.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || doc.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const box = doc.getElementById("filter-q") ?? doc.getElementById("global-search");
      box?.focus();
      box?.select();
      if (box) event.preventDefault();
    } else if (event.key === "?") {
      doc.getElementById("shortcuts")?.showModal();
    } else if (event.key === "g") {
      going = Date.now();
    } else if (Date.now() - going < 1200) {
      going = 0;
      doc.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    }
  });
}

function typing(element) {
  return element.closest?.("input, textarea, select, [contenteditable]") !== null;
}
