// Answers one JSON command per line with one JSON result per line:
// {"name", "args"} → {"result"} or {"error"}.
const readline = require('node:readline');

module.exports = function serve(commands) {
  const lines = readline.createInterface({ input: process.stdin });
  let last = Promise.resolve();
  lines.on('line', (line) => {
    last = last.then(async () => {
      let answer;
      try {
        const { name, args } = JSON.parse(line);
        answer = { result: (await commands[name](args)) ?? null };
      } catch (error) {
        answer = { error: String((error && error.message) || error) };
      }
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    });
  });
};
