/** By this in its metadata we know a network of libvirt as ours. */
export const MARK_URI = 'urn:patchbay:1';
export const MARK_ELEMENT = `<patchbay:managed xmlns:patchbay="${MARK_URI}"/>`;

/** Does this XML of libvirt bear our mark? */
export const bearsMark = (xml: string): boolean =>
  xml.includes(`"${MARK_URI}"`) || xml.includes(`'${MARK_URI}'`);
