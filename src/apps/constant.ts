/** What an app's assignment to a constant writes to instead; see `AppHost.constant`. */
export const constant = Object.freeze({
  get value() {
    return undefined;
  },
  set value(_value: unknown) {
    throw new TypeError("Assignment to constant variable.");
  },
});
