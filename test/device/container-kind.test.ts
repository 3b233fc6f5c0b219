/** Signs of a container. */
import t from 'tap';
import { containerKind, parseControlGroups } from '../../dist/device/container-kind.js';
import { SystemFiles } from '../../dist/device/system-files.js';

t.test('each sign is understood, and none is a host', async (t) => {
  const kind = async (tree: Parameters<typeof t.testdir>[0], env = {}) =>
    (await containerKind(new SystemFiles(t.testdir(tree)), env)).value;
  t.equal(await kind({ '.dockerenv': '' }), 'docker');
  t.equal(await kind({ run: { '.containerenv': 'engine="podman"' } }), 'podman');
  t.equal(await kind({ run: { systemd: { container: 'systemd-nspawn\n' } } }), 'systemd-nspawn');
  t.equal(await kind({}, { container: 'lxc' }), 'lxc');
  t.equal(await kind({}, { container: '$(reboot) \x1b' }), undefined);
  t.equal(await kind({ proc: { '1': { cgroup: '0::/kubepods/besteffort/pod1\n' } } }), 'kubepods');
  t.equal(await kind({ proc: { '1': { cgroup: '0::/init.scope\n' } } }), undefined);
});

t.test('control groups name their runtime', async (t) => {
  t.equal(parseControlGroups('12:cpu:/docker/0123456789ab\n'), 'docker');
  t.equal(parseControlGroups('0::/machine.slice/libpod-77.scope'), 'podman');
  t.equal(parseControlGroups('0::/system.slice/docker.service'), 'docker');
  t.equal(parseControlGroups('0::/'), undefined);
});
