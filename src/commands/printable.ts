/** Control characters but line breaks and tabs: what comes from clients and apps must not steer the terminal. */
const CONTROL = /[^\P{Cc}\n\t]/gu;

export function printable(text: string): string {
  return text.replace(CONTROL, "\ufffd");
}
