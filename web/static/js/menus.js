// menus closes open <details class="menu"> on Escape and on a click elsewhere.
export function menus(doc) {
  doc.addEventListener("click", (event) => {
    for (const menu of doc.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  doc.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = doc.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
