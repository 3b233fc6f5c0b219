// A child process that behaves as the first message (or its environment) tells it to: for tests of what a
// parent does about answers, nonsense, silence, noise and death.
const script = JSON.parse(process.env.CHILD_SCRIPT ?? '{}');

const acts = {
  send: (message) => process.send(message),
  // The message itself, in one of that type.
  echo: (type, message) => process.send({ type, echoed: message }),
  stderr: (text) => process.stderr.write(text),
  flood: (length) => process.stderr.write('x'.repeat(length)),
  exit: (status) => process.exit(status),
  kill: (signal) => process.kill(process.pid, signal),
};

function play(lines = [], message = undefined) {
  for (const [act, argument] of lines) acts[act](argument, message);
}

play(script.boot);
process.on('message', (message) => play(script[message.type], message));
process.on('disconnect', () => process.exit(0));
