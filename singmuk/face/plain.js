/** Return whether *value* is an object that could map ids to something. */
function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Return today as YYYY-MM-DD where the reader is. */
function today() {
  const now = new Date();
  const two = (part) => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
