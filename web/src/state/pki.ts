// Certificates of other services, their CA, and the certificate that browsers see.

import { signal } from "@preact/signals";
import { pki } from "../api/pki";
import type { PkiView, ServiceView, WebCertificate } from "../api/types";

export const certificates = signal<ServiceView[] | null>(null);
export const overview = signal<PkiView | null>(null);
export const web = signal<WebCertificate | null>(null);
export const pkiError = signal("");

export async function loadPki(): Promise<void> {
  try {
    const [list, view, shown] = await Promise.all([pki.certificates(), pki.overview(), pki.web()]);
    certificates.value = list;
    overview.value = view;
    web.value = shown;
    pkiError.value = "";
  } catch (error) {
    pkiError.value = error instanceof Error ? error.message : String(error);
  }
}
