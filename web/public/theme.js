// Runs before the first paint, so that a chosen theme never flashes. Kept in its own file: the CSP allows no inline script.
try {
  const theme = localStorage.getItem("muster.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be switched off; the system's theme then holds.
}
