/** Something out of the input, safe to show in a sentence: printable ASCII only, cut after `most` characters. */
export const short = (text: string, most = 40): string => {
  const plain = text.slice(0, most).replace(/[^\x20-\x7e]/g, '?');
  return text.length > most ? `${plain}…` : plain;
};
