// What an installer file needs beside its token: the machine's name, settings for its agent, and a template of one's own.

import type { Signal } from "@preact/signals";
import { installerConfig, installerTemplate } from "../state/wanted";
import { InstallerDiff } from "./installer-diff";
import { TextChoice } from "./text-choice";

const MOST = { config: 32_768, template: 131_072 }; // as the hub takes

const checkName = (text: string): string =>
  /^[A-Za-z0-9][\w.-]{0,252}$/.test(text.trim())
    ? ""
    : "The host name of the one machine it is for: web-01 or web-01.lan.";

export function InstallerFields() {
  return (
    <div class="limit-fields">
      <TextChoice
        name="name"
        label="Host name of the machine"
        hint="The file refuses to run elsewhere, and its token lets in nobody who is called otherwise."
        placeholder="web-01"
        check={checkName}
        maxLength={253}
      />
      <Pasted
        id="installer-config"
        label="Settings of its agent, TOML"
        hint="Optional. They stand in the file; the address of this page does not hold them."
        placeholder={'log_level = "debug"'}
        most={MOST.config}
        text={installerConfig}
      />
      <InstallerDiff />
      <Pasted
        id="installer-template"
        label="A template of your own"
        hint="Optional, in place of the file below: @NAME@, @TOKEN@, @CONFIG@, @KICKSTART@, @URL@, @OPTIONS@ and @UNTIL@ stand for values."
        placeholder="#!/bin/sh"
        most={MOST.template}
        text={installerTemplate}
      />
    </div>
  );
}

interface PastedProps {
  id: string;
  label: string;
  hint: string;
  placeholder: string;
  most: number; // characters
  text: Signal<string>;
}

const Pasted = ({ id, label, hint, placeholder, most, text }: PastedProps) => (
  <div class="field">
    <label for={id}>{label}</label>
    <textarea
      id={id}
      class="mono"
      rows={4}
      maxLength={most}
      spellcheck={false}
      placeholder={placeholder}
      value={text.value}
      onChange={(event) => {
        text.value = event.currentTarget.value;
      }}
    />
    <small>{hint}</small>
  </div>
);
