// Calls of Prometheus' query API on the hub that an editor needs: names of metrics and labels, values of labels.

import { get } from "./client";

const id = encodeURIComponent;

/** `path`: labels, or label/NAME/values. `database` empty: all that may be read. */
export async function promNames(
  space: string,
  path: string,
  metric: string,
  database: string,
  most: number,
): Promise<string[]> {
  const params = new URLSearchParams({ limit: String(most) });
  if (metric) params.set("match[]", metric);
  if (database) params.set("db", database);
  const answer = await get<{ data: string[] }>(`/spaces/${id(space)}/prometheus/api/v1/${path}?${params}`);
  return answer.data;
}
