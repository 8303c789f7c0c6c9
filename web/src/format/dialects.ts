// By which protocol a node is linked, in words.

import type { Link, NodeView } from "../api/types";

export const OWN_DIALECT = "muster";

export const isNetdata = ({ link }: Pick<NodeView, "link">): boolean => link.dialect === "netdata";

export const dialectName = (dialect: string): string => dialect.charAt(0).toUpperCase() + dialect.slice(1);

/** Our own agents prove themselves in the handshake, so that their TLS is mutual; others do it behind it. */
export function tlsText({ dialect, tls }: Link): string {
  if (!tls) return "";
  const text = tls.replace(/^m?TLSv?\s*/i, "TLS ").trimEnd();
  return dialect === OWN_DIALECT ? `m${text}` : text;
}
