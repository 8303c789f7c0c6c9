// How each platform is told to trust a root: as steps, or as a line for a shell.

export interface Platform {
  key: string;
  name: string;
  steps: readonly string[];
  line: string; // empty where there is none
}

const FILE = "muster-root.pem";

export const PLATFORMS: readonly Platform[] = [
  {
    key: "debian",
    name: "Debian, Ubuntu",
    steps: [
      "For all programs of the system; Firefox and Chromium ask their own store, see Firefox and Chrome.",
    ],
    line: `sudo install -m 644 ${FILE} /usr/local/share/ca-certificates/muster-root.crt && sudo update-ca-certificates`,
  },
  {
    key: "fedora",
    name: "Fedora, RHEL, Arch",
    steps: ["For all programs of the system, Firefox among them."],
    line: `sudo trust anchor ${FILE}`,
  },
  {
    key: "macos",
    name: "macOS",
    steps: ["For all users; Safari and Chrome follow. It asks for an administrator's password."],
    line: `sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${FILE}`,
  },
  {
    key: "windows",
    name: "Windows",
    steps: [
      "For your own account, in a command prompt; Edge and Chrome follow. It asks once, with the fingerprint.",
    ],
    line: `certutil -user -addstore Root ${FILE}`,
  },
  {
    key: "firefox",
    name: "Firefox",
    steps: [
      "Settings, Privacy & Security, Certificates, View Certificates.",
      "Authorities, Import: choose the file.",
      "Tick “Trust this CA to identify websites”.",
    ],
    line: "",
  },
  {
    key: "chrome",
    name: "Chrome on Linux",
    steps: [
      "Settings, Privacy and security, Security, Manage certificates.",
      "Custom, Installed by you, Trusted certificates, Import: choose the file.",
    ],
    line: "",
  },
  {
    key: "ios",
    name: "iPhone, iPad",
    steps: [
      "Open the file in Safari and allow the profile.",
      "Settings, General, VPN & Device Management: install the profile.",
      "Settings, General, About, Certificate Trust Settings: switch the root on.",
    ],
    line: "",
  },
  {
    key: "android",
    name: "Android",
    steps: [
      "Settings, Security, Encryption & credentials, Install a certificate, CA certificate.",
      "Choose “Install anyway”, then the file. Chrome follows; few other apps do.",
    ],
    line: "",
  },
  {
    key: "curl",
    name: "curl, scripts",
    steps: ["For one program alone, without telling the system."],
    line: `curl --cacert ${FILE} ORIGIN/api/v1/health`,
  },
];

/** The platform that a browser's own words point to; the first when they say nothing. */
export function platformOf(agent: string): string {
  if (/Firefox/.test(agent)) return "firefox";
  if (/iPhone|iPad/.test(agent)) return "ios";
  if (/Android/.test(agent)) return "android";
  if (/Windows/.test(agent)) return "windows";
  if (/Mac OS X/.test(agent)) return "macos";
  return "debian";
}
