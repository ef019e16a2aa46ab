import { toast } from "./toasts.js";

// copyButtons puts data-copy on the clipboard and says so.
export function copyButtons(doc) {
  doc.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    if (!(await copy(doc, button.dataset.copy))) return;
    button.dataset.done = "";
    setTimeout(() => delete button.dataset.done, 1500);
    toast(doc, doc.getElementById("toasts").dataset.copied);
  });
}

// The clipboard API exists in secure contexts only; a console on plain http in
// a private network falls back to the selection.
async function copy(doc, text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Permission refused: the selection below still works.
    }
  }
  const area = doc.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  doc.body.append(area);
  area.select();
  const done = doc.execCommand("copy");
  area.remove();
  return done;
}
