/** What a page says after a form was taken, by the word that the address carries. */
export const SAID: Readonly<Record<string, string>> = {
  saved: "Saved. It is in force here, and everywhere within 30 seconds.",
  moved: "Moved. The new order is in force here, and everywhere within 30 seconds.",
  started: "Started.",
  imported: "Imported. It is in force here, and everywhere within 30 seconds.",
};
