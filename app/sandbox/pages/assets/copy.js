// Shows the copy buttons, which do nothing without JavaScript.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    await navigator.clipboard.writeText(field.value);
    const word = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = word; }, 1500);
  });
}

// Counts a payment code's seconds down, and looks whether it was scanned.
for (const left of document.querySelectorAll("[data-countdown]")) {
  let seconds = Number(left.dataset.countdown);
  setInterval(() => {
    seconds = Math.max(0, seconds - 1);
    left.textContent = seconds;
  }, 1000);
}
const waiting = document.querySelector("[data-reload]");
if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload) * 1000);
