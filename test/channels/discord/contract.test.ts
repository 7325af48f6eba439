// Discord keeps the channel contract.
import { channelContract } from '../contract.ts'
import { openDiscordRig } from './rig.ts'

channelContract('discord', openDiscordRig)
