// How German, French, Spanish, Portuguese and Italian say that something was done; the tool ledger decides whether it was.

/** The beginning of “I have …” in other languages, up to the participle. */
const have = {
  de: String.raw`\b(?:ich\s+habe|habe\s+ich|hab\s+ich|ich\s+hab)(?=[\s,])(?:(?!\b(?:nicht|kein\w*|noch|nie|dass|weil|wenn|gestern|heute\s+früh)\b)[^.!?\n]){0,80}?\s`,
  fr: String.raw`\bj(?:['’]|e\s+l['’]|e\s+(?:te\s+|vous\s+|lui\s+|leur\s+)?(?:l['’])?)ai\s+(?:bien\s+|déjà\s+|aussi\s+)?`,
  es: String.raw`(?<![\p{L}])(?<!\bno\s)(?:(?:te|le|lo|la|se\s+lo|os)\s+)?(?:ya\s+)?he\s+`,
  pt: String.raw`(?<![\p{L}])(?<!\bnão\s)(?:(?:eu|já)\s+)`,
  it: String.raw`(?<![\p{L}])(?<!\bnon\s)(?:(?:te|ti|gli|le)?l?['’]?)ho\s+(?:già\s+|anche\s+)?`,
}

const words = (source: string) => new RegExp(source, 'iu')
const end = String.raw`(?![\p{L}])`

/** What is claimed in German, French, Spanish, Portuguese and Italian: the person who speaks, and a verb of doing. */
export const abroad = {
  scheduled: [
    words(
      `${have.de}(?:eingeplant|terminiert|(?:Erinnerung|Wecker|Termin)[^.!?\\n]{0,40}\\s(?:gestellt|gesetzt|eingerichtet|angelegt|erstellt|eingetragen))${end}`,
    ),
    words(
      `(?:Erinnerung|Wecker)\\s+(?:ist|wurde)\\s+(?:[^.!?\\n]{0,40}\\s)?(?:gestellt|gesetzt|eingerichtet|angelegt|erstellt)${end}`,
    ),
    words(
      `${have.fr}(?:programmé|planifié|(?:mis|créé|ajouté|réglé)\\s+(?:un|le|votre|ton)\\s+(?:rappel|réveil|rendez-vous))${end}`,
    ),
    words(
      `${have.es}(?:programado|agendado|(?:puesto|creado|añadido|configurado)\\s+(?:un|el|tu|su)\\s+(?:recordatorio|alarma))${end}`,
    ),
    words(
      `${have.pt}?(?:agendei|programei|(?:criei|defini|adicionei)\\s+(?:um|o|seu|teu)\\s+(?:lembrete|alarme))${end}`,
    ),
    words(
      `${have.it}(?:programmato|pianificato|(?:impostato|creato|aggiunto|messo)\\s+(?:un|il|tuo|una)\\s+(?:promemoria|sveglia))${end}`,
    ),
  ],
  remembered: [
    words(`${have.de}(?:gemerkt|notiert|gespeichert|abgespeichert)${end}`),
    words(`${have.fr}(?:noté|mémorisé|enregistré|retenu)${end}`),
    words(`${have.es}(?:anotado|memorizado|guardado|apuntado)${end}`),
    words(`${have.pt}?(?:anotei|memorizei|guardei|gravei)${end}`),
    words(`${have.it}(?:annotato|memorizzato|salvato|segnato)${end}`),
  ],
  forgotten: [
    words(
      `${have.de}(?:vergessen\\s+und\\s+gelöscht|gelöscht|aus\\s+(?:dem|meinem)\\s+Gedächtnis\\s+entfernt)${end}`,
    ),
    words(`${have.fr}(?:effacé|supprimé)\\s`),
    words(`${have.es}(?:borrado|eliminado)${end}`),
    words(`${have.pt}?(?:apaguei|eliminei|excluí)${end}`),
    words(`${have.it}(?:cancellato|eliminato)${end}`),
  ],
  sent: [
    words(
      `${have.de}(?:(?:Nachricht|Bescheid)[^.!?\\n]{0,30}\\s)?(?:geschickt|gesendet|abgeschickt|benachrichtigt|Bescheid\\s+gegeben|Bescheid\\s+gesagt)${end}`,
    ),
    words(`${have.fr}(?:envoyé|prévenu|transmis)${end}`),
    words(`${have.es}(?:enviado|avisado|mandado)${end}`),
    words(`${have.pt}?(?:enviei|mandei|avisei)${end}`),
    words(`${have.it}(?:inviato|mandato|avvisato|avvertito)${end}`),
  ],
  configured: [
    words(
      `${have.de}(?:Konfiguration|Einstellung(?:en)?)[^.!?\\n]{0,40}\\s(?:geändert|angepasst|aktualisiert)${end}`,
    ),
    words(
      `${have.fr}(?:modifié|changé|mis\\s+à\\s+jour)\\s+(?:la|les|votre|ta|vos|tes)\\s+(?:configuration|réglages?|paramètres?)`,
    ),
    words(
      `${have.es}(?:cambiado|modificado|actualizado)\\s+(?:la|el|los|tu|su)\\s+(?:configuración|ajustes?)`,
    ),
    words(
      `${have.pt}?(?:alterei|mudei|atualizei)\\s+(?:a|as|o|os|sua|tua)\\s+(?:configuraç(?:ão|ões)|definiç(?:ão|ões))`,
    ),
    words(
      `${have.it}(?:cambiato|modificato|aggiornato)\\s+(?:la|le|il|tua|sua)\\s+(?:configurazione|impostazioni)`,
    ),
  ],
} as const
