/** Hands a file to the person. The name loses what file systems do not take. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name.replace(/[^A-Za-z0-9._-]+/g, '-');
  link.click();
  URL.revokeObjectURL(address);
}

/** Bytes of a base64 data address, as `canvas.toDataURL` makes them. */
export function fromDataAddress(address: string): Blob {
  const [head = '', body = ''] = address.split(',', 2);
  const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
  return new Blob([bytes], { type: /^data:([^;]+)/.exec(head)?.[1] ?? 'application/octet-stream' });
}
