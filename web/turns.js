/** The id of an answer: a rating belongs to it. */
export const answerIn = (conversation, number) => `${conversation.split("-")[0]}-${number}`;

/** The turns of one's own conversation as the server shows it, by the ids of their answers. */
export const byAnswer = (conversation, shown) => Object.fromEntries(shown.map((turn) => [answerIn(conversation, turn.number), turn]));

/** The same, asked of the server; none if it does not answer. */
export async function storedTurns(service, conversation) {
  try {
    return byAnswer(conversation, (await service.conversation(conversation)).shown);
  } catch {
    return {};
  }
}
