/**
 * How many times as long as usual tests wait: 1, or what `PATCHBAY_TEST_PATIENCE` says where the machine itself is slow
 * (an emulated one). What is waited for stays the same.
 */
export const patience = Number(process.env.PATCHBAY_TEST_PATIENCE ?? '1');
