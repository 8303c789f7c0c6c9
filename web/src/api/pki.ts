// Calls about certificates of other services, and of what this browser sees.

import { call, get } from "./client";
import type {
  Bundle,
  EndingView,
  PkiView,
  RevokeReason,
  ServiceView,
  TrustView,
  WebCertificate,
} from "./types";

const id = encodeURIComponent;

export interface SignWanted {
  request: string;
  names: string[];
  client: boolean;
  server: boolean;
  lifetime_s: number;
  name: string;
}

export const pki = {
  overview: () => get<PkiView>("/pki"),
  certificates: () => get<ServiceView[]>("/pki/certificates"),
  certificate: (certificate: string) => get<ServiceView>(`/pki/certificates/${id(certificate)}`),
  sign: (wanted: SignWanted) => call<ServiceView>("POST", "/pki/certificates", wanted),
  renew: (certificate: string, request: string) =>
    call<ServiceView>("POST", `/pki/certificates/${id(certificate)}/renew`, { request }),
  revoke: (certificate: string, reason: RevokeReason) =>
    call<ServiceView>("POST", `/pki/certificates/${id(certificate)}/revoke`, { reason }),
  newIssuer: () => call<PkiView>("POST", "/pki/issuer"),
  bundle: (of: "clients" | "servers") => get<Bundle>(`/pki/bundle?of=${of}`),
  expiring: () => get<EndingView[]>("/pki/expiring"),
  web: () => get<WebCertificate>("/pki/web"),
  renewWeb: () => call<WebCertificate>("POST", "/pki/web/renew"),
  /** Public: whoever asks does not trust the hub yet. */
  trust: () => get<TrustView>("/trust"),
};
