// bulk shows the box that chooses every row of a list, and says how many rows are
// chosen: without script each row has its own box, and that is all.
export function bulk(doc) {
  const prepare = () => doc.querySelectorAll("form.bulk").forEach(count);
  prepare();
  doc.addEventListener("htmx:after:swap", prepare);
  window.addEventListener("pageshow", prepare);
  doc.addEventListener("change", (event) => {
    const form = event.target.closest?.("form.bulk");
    if (!form) return;
    if (event.target.matches("[data-check-all]")) {
      for (const box of boxes(form)) box.checked = event.target.checked;
    }
    count(form);
  });
}

const boxes = (form) => [...form.querySelectorAll('input[type="checkbox"][name="id"]')];

function count(form) {
  const all = boxes(form);
  const chosen = all.filter((box) => box.checked).length;
  const every = form.querySelector("[data-check-all]");
  every.hidden = false;
  every.checked = chosen > 0 && chosen === all.length;
  every.indeterminate = chosen > 0 && chosen < all.length;
  const words = form.querySelector("[data-chosen]");
  words.textContent = words.dataset.chosen.replace("#", chosen);
  form.querySelector(".bulk-bar button").disabled = chosen === 0;
}
