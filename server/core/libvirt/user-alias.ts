/** The prefix of names that people gave to devices; all others are libvirt's. */
export const USER_ALIAS = 'ua-';
