{{- define "muster-agent.labels" -}}
app.kubernetes.io/name: muster-agent
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "muster-agent.selector" -}}
app.kubernetes.io/name: muster-agent
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "muster-agent.secret" -}}
{{- if .Values.claim.existingSecret -}}
{{ .Values.claim.existingSecret }}
{{- else -}}
{{ .Release.Name }}-claim
{{- end -}}
{{- end }}
