// print shows the buttons that print the page: without script there are none.
export function print(doc) {
  for (const button of doc.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
