// drop lets files be dropped on a field for files, and reads them as soon as they
// are chosen. Without script the field and its button do the same.
export function drop(doc) {
  for (const zone of doc.querySelectorAll("[data-drop]")) {
    for (const line of zone.querySelectorAll(".drop-line")) line.hidden = false;
  }
  doc.addEventListener("dragover", (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.dataset.over = "";
  });
  doc.addEventListener("dragleave", (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (zone && !zone.contains(event.relatedTarget)) delete zone.dataset.over;
  });
  doc.addEventListener("drop", (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    delete zone.dataset.over;
    const input = zone.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    read(doc, zone);
  });
  // Before the form hears of the change: what it would check is about to be read.
  doc.addEventListener(
    "change",
    (event) => {
      const zone = event.target.closest?.("[data-drop]");
      if (!zone || event.target.type !== "file" || !event.target.files.length) return;
      event.stopPropagation();
      read(doc, zone);
    },
    true,
  );
}

function read(doc, zone) {
  const button = doc.getElementById(zone.dataset.drop);
  button.form.requestSubmit(button);
}
