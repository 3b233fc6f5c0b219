/**
 * A program for detectd.service that looks at its sandbox from inside and writes what it finds to its
 * state folder, then says READY and stays. Uses nothing but Node and the systemd-notify command.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const attempt = (act) => {
  try {
    return act() ?? 'ok';
  } catch (error) {
    return error.code ?? error.message;
  }
};
const status = readFileSync('/proc/self/status', 'utf8');
const field = (name) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
const writable = (path) => attempt(() => writeFileSync(path, ''));
const report = {
  uid: process.getuid(),
  groups: process.getgroups(),
  capabilities: field('CapEff') + field('CapBnd'),
  noNewPrivileges: field('NoNewPrivs'),
  seccomp: field('Seccomp'),
  umask: process.umask().toString(8),
  configuration: attempt(() => void readFileSync('/etc/detectd/detectd.yaml')),
  changeConfiguration: writable('/etc/detectd/detectd.yaml'),
  state: writable(`${process.env.STATE_DIRECTORY}/probe`),
  cache: writable(`${process.env.XDG_CACHE_HOME}/probe`),
  temporary: writable(`${process.env.TMPDIR}/probe`),
  tmp: writable('/tmp/probe'),
  program: writable('/opt/detectd/current/probe'),
  home: attempt(() => readdirSync('/home').join() || 'empty'),
  memory: attempt(() => accessSync('/proc/meminfo', constants.R_OK)),
  otherProcesses: attempt(() => accessSync('/proc/1', constants.R_OK)),
  compiled: attempt(() => void new Function('return 1')()),
  // As src/health/journal.ts sends its events.
  journal: attempt(() => {
    const input = 'MESSAGE=from inside\nDETECTD_EVENT=sandbox\n';
    execFileSync('sh', ['-c', 'exec 3<&0; logger --journald <&3 & exec sleep 0.5'], { input });
  }),
  runtime: writable(`${process.env.RUNTIME_DIRECTORY}/reboot-request`),
  arguments: process.argv.slice(2),
};
createServer().listen(0, '127.0.0.1', function listening() {
  report.network = 'ok';
  this.close();
  writeFileSync(`${process.env.STATE_DIRECTORY}/report.json`, JSON.stringify(report));
  execFileSync('systemd-notify', ['--ready', `--pid=${process.pid}`]);
});
const pings = setInterval(() => execFileSync('systemd-notify', ['WATCHDOG=1']), 10_000);
process.on('SIGTERM', () => clearInterval(pings));
