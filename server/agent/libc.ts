import koffi from 'koffi';

/** The C library: for the few calls that Node lacks. */
export const libc = koffi.load('libc.so.6');
