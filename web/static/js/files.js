import { toast } from "./toasts.js";

// Keys and certificates are a few kilobytes; anything larger is another file.
const limit = 64 * 1024;

// files fills a text area from a chosen file. The file is read here and is
// never uploaded as a file.
export function files(doc) {
  for (const label of doc.querySelectorAll("[data-file-fill]")) label.hidden = false;
  doc.addEventListener("change", async (event) => {
    const label = event.target.closest?.("[data-file-fill]");
    const file = event.target.files?.[0];
    if (!label || !file || file.size > limit) return;
    const area = doc.getElementById(label.dataset.fileFill);
    area.value = await file.text();
    area.dispatchEvent(new Event("change", { bubbles: true }));
    toast(doc, `${doc.getElementById("toasts").dataset.revealed} ${file.name}`);
    event.target.value = "";
  });
}
