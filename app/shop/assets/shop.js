// Asks for the payment's status and shows the page anew when it has changed.
// Without JavaScript the page refreshes itself.
const main = document.querySelector("main[data-poll]");
if (main) {
  const ask = async () => {
    try {
      const answer = await fetch(main.dataset.poll, { headers: { Accept: "application/json" } });
      if (answer.ok && (await answer.json()).status !== main.dataset.status) {
        location.reload();
        return;
      }
    } catch {
      // The network comes back or it does not: ask again.
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 2000);
}
