// The micro guest: a kernel of the distribution and busybox, which boots in seconds, asks for its addresses, answers
// ping, and says on its serial line how it is.
import fs from 'node:fs';
import path from 'node:path';
import { makeInitramfs } from './initramfs.mjs';
import { ensureKernel } from './kernel-package.mjs';

const APPLETS =
  'cat cut echo grep hostname httpd ip kill mkdir mount nc ping ping6 poweroff rm sed setsid sleep tr udhcpc wget';

/** Writes `vmlinuz` and `initramfs` into this folder. @param {string} folder */
export async function makeGuestImage(folder) {
  const kernel = await ensureKernel();
  const text = (name) => fs.readFileSync(path.join(import.meta.dirname, name), 'utf8');
  const initramfs = makeInitramfs(kernel, {
    modules: ['virtio_pci', 'virtio_net', 'e1000', '8139cp'],
    applets: APPLETS.split(' '),
    folders: ['etc'],
    script: text('guest-init.sh'),
    files: { 'bin/on-dhcp': text('guest-dhcp.sh') },
  });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'initramfs'), initramfs);
  fs.copyFileSync(kernel.image, path.join(folder, 'vmlinuz'));
}
