/** Names of fields with which PostHog's SDKs open a form; `v` and `ver` are version hints of old ones. */
const OPENS_FORM = /(?:^|&)(?:data|compression|_|ip|ver|v)=/;
/** As far as PostHog looks for such a field. */
const SNIFFED_CHARACTERS = 128;

export const FORM_TYPE = "application/x-www-form-urlencoded";

/** Whether a body is a form, judged by how it begins: half the SDKs that send one do not say so. */
export function looksLikeForm(text: string): boolean {
  return OPENS_FORM.test(text.slice(0, SNIFFED_CHARACTERS));
}
