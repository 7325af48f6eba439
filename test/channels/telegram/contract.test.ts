// Telegram keeps the channel contract.
import { channelContract } from '../contract.ts'
import { openTelegramRig } from './rig.ts'

channelContract('telegram', openTelegramRig)
