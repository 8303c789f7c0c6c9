// Certificates of other services, their CA, and the certificate that browsers see.

import { signal } from "@preact/signals";
import { pki } from "../api/pki";
import type { PkiView, ServiceView, WebCertificate } from "../api/types";
import { newest } from "./newest";

export const certificates = signal<ServiceView[] | null>(null);
export const overview = signal<PkiView | null>(null);
export const web = signal<WebCertificate | null>(null);
export const pkiError = signal("");

const ask = newest();

export async function loadPki(): Promise<void> {
  const isNewest = ask();
  try {
    const [list, view, shown] = await Promise.all([pki.certificates(), pki.overview(), pki.web()]);
    if (!isNewest()) return;
    certificates.value = list;
    overview.value = view;
    web.value = shown;
    pkiError.value = "";
  } catch (error) {
    if (isNewest()) pkiError.value = error instanceof Error ? error.message : String(error);
  }
}
