"""From a SELECT to its plan: names get their places and kinds, wildcards and patterns are gone."""
